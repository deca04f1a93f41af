"""Files of rows: what people hand in, as rows, and what they are handed back.

`reading.inspect` says what a file is, `reading.rows` yields its rows, `writing.write` makes the finished file.
"""
