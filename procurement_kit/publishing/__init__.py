"""The room where findings become pictures, sentences, pages and workbooks; nothing is computed here."""
