"""Training of tidings' news model: data, network, export."""
