"""The wire format of the exchange: envelope, headers, signature, snapshot, tree, receipt."""
