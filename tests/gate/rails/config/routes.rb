Rails.application.routes.draw do
  get "/checkout/:basket", to: "checkouts#show"
end
