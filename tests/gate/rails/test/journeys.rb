require "erb"
require "net/http"

# Tells the gate which test runs. Without a gate, nothing.
module Journeys
  # From here on, calls are of this journey; without a name, of none.
  def self.journey(name = "")
    address = ENV["LONGHAUL_JOURNEY"]
    Net::HTTP.get(URI(address + ERB::Util.url_encode(name))) if address
  end

  # Each test is a journey; what `setup` and `teardown` do that stand above the `include` is of none: Rails runs the former in their
  # order, the latter the other way round.
  def self.included(test)
    test.setup { Journeys.journey("#{self.class.name}##{name}") }
    test.teardown { Journeys.journey }
  end
end
