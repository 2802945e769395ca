"""What a system uses to offer and to call: cards, client, outbox and inbox, provider's edge."""
