/* Numbers at the end of a name: cyclomatic complexity, cognitive complexity, nesting. */
#include <stdio.h>
#define LIMIT 3 /* TODO: first debt */
#define NAME(a) "// TODO: no" // FIXME: second debt

int declared(int a);

static char *plain_1_0_0(void) {
  return "/* TODO: no */" NAME(1);
}

int chain_4_4_1(int a, int b, ...) {
  if (a)
    return 1;
  else if (b && a)
    return 2;
  else
    return 3;
}

void loops_4_7_3(struct order *order) {
  for (int i = 0; i < 3; i++)
    do {
      while (order->next) {
        goto end;
      }
    } while (0);
end:;
}

int switched_3_1_1(int a) {
  switch (a) {
  case 1:
  case 2:
    return 1;
  default:
    return 2;
  }
}

int conditions_2_4_1(int a) {
#if defined(NAME) || (defined(LIMIT) && LIMIT > 2)
  a++;
#elif defined(A) && defined(B)
  a += 2;
#else
  a--;
#endif
  return a ? 1 : 2;
}

int (*pointer_1_0_0(int a, void (*b)(int c, int d)))(int) { return 0; }
