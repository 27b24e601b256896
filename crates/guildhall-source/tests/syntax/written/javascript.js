#!/usr/bin/env node
// Numbers at the end of a name: cyclomatic complexity, cognitive complexity, nesting.
/* TODO: first debt */
function plain_1_0_0(a, { b }, ...c) {
  return "// TODO: no" + 'TODO' + `// TODO: no ${a} /* TODO */` + /\/\/ TODO/;
}

function chain_3_3_1(a, b) {
  if (a) {
    return 1;
  } else if (b) {
    return 2;
  } else {
    return 3;
  }
}

function nestedElse_3_4_2(a, b) {
  if (a) {
  } else {
    if (b) {
    }
  }
}

const loops_5_10_4 = (a) => {
  for (const b of a) {
    for (let c = 0; c < b; c++) {
      do {
        while (c) c--;
      } while (b);
    }
  }
  outer: return a;
};

function labels_3_5_2(a) {
  outer: for (;;) {
    for (;;) {
      break outer;
      continue outer;
      break;
    }
  }
}

function switched_5_2_2(a) {
  switch (a) {
    case 1:
    case 2:
      return [1].map((b) => b);
    case "case": // FIXME: second debt
      break;
    default:
      break;
  }
  return a && 1;
}

class Shop {
  static field_2_1_1 = (a) => (a ? 1 : 2);
  #hidden_3_1_0() {
    return this.a && this.b && this.c?.d;
  }
  get caught_2_2_2() {
    return () => {
      try {
      } catch (error) {
        return error;
      }
    };
  }
}

function coalesced_4_0_0(a) {
  a ??= 1;
  a ||= 2;
  return a ?? 3;
}

function runs_5_4_0(a, b, c) {
  return a && b || c && !(a && b);
}

function namespace_1_0_0() {
  function inner_2_1_1(a) {
    if (a) {
    }
  }
  return { member_2_1_1: function (a) { return a ? 1 : 2; } };
}

function holder_2_4_1(a) {
  if (a) {
    const inner_2_1_1 = function () {
      if (a) {
      }
    };
  }
}

describe("shipping", () => {
  it("is quick", async () => {
    if (plain_1_0_0()) {
    }
  });
});
