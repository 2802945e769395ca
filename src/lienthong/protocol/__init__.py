"""The wire format of the exchange: message parts, signatures, snapshots, trees, receipts."""
