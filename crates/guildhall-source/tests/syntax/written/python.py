# Numbers at the end of a name: cyclomatic complexity, cognitive complexity, nesting.
import orders  # TODO: first debt


def plain_1_0_0(order):
    """TODO: a text is no comment."""
    return "# TODO: nor is this"


def chain_4_4_1(a, b):
    if a:
        return 1
    elif b:
        return 2
    elif a + b:
        return 3
    else:
        return 4


def nested_4_6_3(items):
    for item in items:
        if item:
            while item.next:
                item = item.next


def nested_else_3_4_2(a, b):
    if a:
        pass
    else:
        if b:
            pass


def runs_6_4_1(a, b, c):
    if a and b and (c or a) or b:
        return 1


def choice_3_3_2(a, b):
    return 1 if a else (2 if b else 3)


def caught_4_3_1(a):
    try:
        a()
    except ValueError:
        pass
    except (KeyError, TypeError):
        pass
    finally:
        a = a or None


def loop_else_2_2_1(items):
    for item in items:
        pass
    else:
        return None


def comprehended_4_0_0(items):
    return [x for x in items if x] + list(y for y in items)


def matched_4_1_1(a):
    match a:
        case 1:
            return 1
        case [x] if x:
            return 2
        case _:
            return 3


def with_lambda_2_2_2(items):
    return sorted(items, key=lambda item: 1 if item else 2)


def outer_2_4_1(a):
    if a:
        pass

    def inner_3_1_1(b):
        return [1 for c in b] and (lambda: c)

    def inner_2_1_1(b):
        if b:
            pass


def decorator_1_1_0(function):
    """Wraps."""

    def wrapper_2_1_1(*arguments):
        if arguments:
            return function(*arguments)

    return wrapper_2_1_1


class TestOrder:
    @property
    async def interpolated_2_1_1(self, *, key: int = 1, **more) -> str:
        # FIXME: second debt
        return f"{self if self else key} # TODO: in a text"
