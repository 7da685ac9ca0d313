"""From the bytes of a finance file to its text: unpacked, and decoded as a whole.

| module | what it holds |
| --- | --- |
| `containers` | The text inside a `.gz` or `.zip`, in pieces of bounded size |
| `elements` | The elements of an XML document, streamed: no tree is made of it |
| `encoding` | From a file's bytes to UTF-8, decided for the file as a whole while it streams by |
| `letters` | Which encodings the letters of a file can be in |
| `signatures` | What begins as no text does |
"""
