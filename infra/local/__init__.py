"""Kafka, Redis and Elasticsearch on this machine, without containers: for trying, testing and developing."""
