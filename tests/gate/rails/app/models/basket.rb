class Basket < ApplicationRecord
  has_many :lines
end
