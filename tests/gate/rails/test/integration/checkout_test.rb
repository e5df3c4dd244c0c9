require "test_helper"
require "journeys"

class CheckoutTest < ActionDispatch::IntegrationTest
  # Journeys are told apart only one at a time.
  parallelize(workers: 1)

  SIZE = ENV.fetch("LONGHAUL_SIZE", 12).to_i

  setup do
    Rails.cache.clear
    @basket = Basket.create!
    SIZE.times do |number|
      item = Item.create!(name: "item #{number}", price: 100)
      @basket.lines.create!(item: item, pieces: 2)
    end
  end

  # After the setup above, so that what it prepares is not judged.
  include Journeys

  test "checkout" do
    get "/checkout/#{@basket.id}"
    assert_equal 200 * SIZE, response.parsed_body["total"]
  end
end
