"""What is known about an actor: event kinds, entities, conditions, aggregations and the stores that hold them."""
