"""What a system uses to offer and to call: client, outbox and inbox, provider edge, doubles."""
