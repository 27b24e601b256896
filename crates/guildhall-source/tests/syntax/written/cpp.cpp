// Numbers at the end of a name: cyclomatic complexity, cognitive complexity, nesting.
namespace shop {

template <typename T>
class Order : public Item {
 public:
  Order() = default;
  explicit Order(int a) : a_(a) {}
  ~Order() override {}
  bool operator==(const Order& other) const { return a_ == other.a_; }
  operator bool() const { return true; }
  virtual void without() = 0;

  // TODO: first debt
  const std::string& plain_1_0_0() const {
    return R"(// TODO: no)";
  }

  int a_ = 0;
};

}  // namespace shop

template <typename T>
int shop::Order<T>::chain_4_4_1(T&& a, const int* b) {
  if (a) {
    return 1;
  } else if constexpr (b and a) {
    return 2;
  } else {
    return 3;
  }
}

void loops_4_5_3(std::vector<int> a) {
  for (auto& b : a) {
    try {
      while (b) {
      }
    } catch (...) { /* FIXME: second debt */
      auto c = [&](int d) { return d; };
    }
  }
}

auto lambda_2_2_2(int a) -> int {
  auto c = [=](int d) { return d ? 1 : a; };
  return c(1);
}

TEST(Shop, Ships) { plain(); }
