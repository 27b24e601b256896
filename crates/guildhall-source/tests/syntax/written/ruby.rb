# Numbers at the end of a name: cyclomatic complexity, cognitive complexity, nesting.
=begin
TODO: first debt
=end
module Shop
  class Order < Item
    def plain_1_0_0(a, b = 1, *c, d:, **e, &f)
      "# TODO: no #{a} # TODO: no" + '# TODO: no' + <<~TEXT
        # TODO: no
      TEXT
    end

    def self.chain_4_4_1(a, b)
      if a
        1
      elsif b && a
        2
      else
        3
      end
    end

    def nested_else_3_4_2(a, b)
      if a
        1
      else
        if b
          2
        end
      end
    end

    def modifiers_5_4_1(a)
      return 1 if a
      return 2 unless a
      a -= 1 while a > 0
      b = a rescue nil
    end

    def cased_4_1_1(a)
      case a
      when 1, 2 then 1
      when 3 then 2 # FIXME: second debt
      else 3
      end
      @a ||= 1
    end

    def patterns_3_1_1(a)
      case a
      in [x] if x
        1
      in _
        2
      end
    end

    def blocks_3_3_2(a)
      a.each do |b|
        until b
          next b
        end
      end
    rescue ArgumentError => error
      a.map { |b| b }
    else
      1
    ensure
      2
    end

    def words_3_2_0(a)
      (a and a) or not a
    end

    def empty_1_0_0
    end
  end
end

RSpec.describe "orders" do
  it "are shipped" do
    expect(1).to eq(1) if true
  end
end
