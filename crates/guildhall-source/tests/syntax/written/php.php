<p>// TODO: text of the page</p>
<?php
// Numbers at the end of a name: cyclomatic complexity, cognitive complexity, nesting.
# TODO: first debt
namespace Shop;

function plain_1_0_0(?int $a, string ...$more): string
{
    return "// TODO: no {$a} # TODO: no" . '# TODO: no' . <<<TEXT
        // TODO: no $a
        TEXT;
}

abstract class Order extends Item
{
    public function __construct(private readonly int $a = 1) {}

    abstract public function without(int $a): void;

    #[Pure]
    public static function chain_5_5_1(bool $a, bool $b): int
    {
        if ($a) {
            return 1;
        } elseif ($b && $a) {
            return 2;
        } else if ($b) {
            return 3;
        } else {
            return 4;
        }
    }

    protected function loops_4_7_3(array $a)
    {
        foreach ($a as $b) {
            for ($i = 0; $i < 3; $i++) {
                while ($b) {
                    break 2;
                }
            }
        }
    }

    private function switched_5_3_2($a)
    {
        switch ($a) {
            case 1:
            case 2:
                return 1;
            default: /* FIXME: second debt */
                return match (true) {
                    $a > 1, $a > 2 => 1,
                    default => $a ?? 2,
                };
        }
    }

    public function caught_3_5_4(): void
    {
        try {
        } catch (Exception | Error $error) {
            $f = function () use ($error) {
                return fn($b) => $b ?: 1;
            };
        }
    }

    public function testWords_3_2_0($a)
    {
        return $a and $a or !$a;
    }
}
