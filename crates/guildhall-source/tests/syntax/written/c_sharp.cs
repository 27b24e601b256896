// Numbers at the end of a name: cyclomatic complexity, cognitive complexity, nesting.
namespace Shop;

public class Order<T> : IOrder where T : class
{
    // TODO: first debt
    public string Name { get; set; } = "// TODO: no";

    public int Count_2_1_1 => Name == null ? 0 : 1;

    public int Size
    {
        get { return items?.Count ?? 0; }
        set => items = value;
    }

    public abstract void Without(int a);

    [Obsolete("no")]
    public static string Plain_1_0_0(this int? a, params string[] more)
        => $"// TODO: no {a} /* TODO: no */" + @"// TODO: no";

    public int Chain_4_4_1(bool a, bool b)
    {
        if (a)
        {
            return 1;
        }
        else if (b && a)
        {
            return 2;
        }
        else
        {
            return 3;
        }
    }

    public async Task Loops_5_8_3(IEnumerable<int> a)
    {
        foreach (var b in a)
        {
            while (b > 0 || b < 3)
            {
                if (b == 2)
                {
                    goto end;
                }
            }
        }
        end:;
    }

    public int Switched_5_2_1(object a)
    {
        switch (a)
        {
            case int i when i > 0:
            case string s:
                return 1;
            default:
                break; // FIXME: second debt
        }
        return a switch
        {
            1 => 1,
            _ => 2,
        };
    }

    public void Caught_4_4_3()
    {
        try
        {
        }
        catch (Exception error) when (error.A)
        {
            Func<int, int> f = b => { return b > 0 ? 1 : 2; };
        }
    }

    [Fact]
    public void Local_1_2_0()
    {
        int Inner_2_1_1(int a)
        {
            return a > 0 ? 1 : 2;
        }
    }

    public static bool operator ==(Order<T> a, Order<T> b) => true;
}
