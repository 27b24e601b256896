// Numbers at the end of a name: cyclomatic complexity, cognitive complexity, nesting.
// TODO: first debt
export const List_4_4_2 = ({ items }: { items: string[] }) => (
  <ul title="// TODO: no">
    {/* FIXME: second debt */}
    // TODO: text of the page
    {items.map((item) => (item ? <li key={item}>{item}</li> : null))}
    {items.length > 0 && <b>{items[0] ? "a" : "b"}</b>}
  </ul>
);
