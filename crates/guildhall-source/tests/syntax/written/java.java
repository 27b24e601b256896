// Numbers at the end of a name: cyclomatic complexity, cognitive complexity, nesting.
class Shop<T> implements Runnable {
  /* TODO: first debt */
  Shop(int a) {}

  @Override
  @SuppressWarnings("unchecked")
  public String plain_1_0_0(final int a, String... more) {
    return "// TODO: no" + '"' + """
        /* TODO: no */
        """;
  }

  abstract int without(int a);

  int chain_4_5_2(boolean a, boolean b) {
    if (a) {
      return 1;
    } else if (b) {
      return 2;
    } else {
      return a ? 3 : 4;
    }
  }

  void labels_4_7_2(int[] a) {
    outer:
    for (int b : a) {
      while (b > 0) {
        break outer;
      }
      do {
        continue outer;
      } while (true);
    }
  }

  int switched_5_2_1(Object a) {
    switch (a) {
      case Integer i when i > 0 -> { return 1; }
      case String s, Long l -> { return 2; }
      default -> { }
    }
    return switch (1) {
      case 1: yield 1; // FIXME: second debt
      default: yield 2;
    };
  }

  void caught_3_4_3() {
    try {
    } catch (IllegalStateException | IllegalArgumentException error) {
      synchronized (this) {
        Runnable run = () -> { if (error == null) {} };
      }
    } finally {
    }
  }

  Runnable anonymous_1_2_0(boolean a) {
    return new Runnable() {
      @Test
      public void run_2_1_1() {
        while (a) {}
      }
    };
  }

  record Point(int x, int y) {
    Point {
      assert x > 0;
    }
  }
}
