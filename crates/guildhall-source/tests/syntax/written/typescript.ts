// Numbers at the end of a name: cyclomatic complexity, cognitive complexity, nesting.
// TODO: first debt
abstract class Shop<T extends object> {
  private text = "// TODO: no";
  constructor(private readonly name: string, optional?: number) {}
  abstract without(a: T): void;
  public conditional_3_3_2<U>(a: U | undefined, b?: string): string {
    type Text = U extends string ? 1 : 2;
    return a ? (b ? `${a}` : "") : "?:";
  }
  bound_4_4_2 = (a: number | null): number => {
    for (const b of [a!]) if (b && b > 1) return b as number;
    return 1;
  };
}

namespace Orders {
  export function chain_3_3_1(a: boolean, b: boolean): void {
    if (a) {
    } else if (b) {
    } else {
    }
  }
}

function overloaded(a: string): void;
function overloaded(a: number): void;
function overloaded_1_0_0(this: Shop<object>, a: unknown): void {
  /* FIXME: second debt */
}
