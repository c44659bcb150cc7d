"""A newsroom under load for as long as it takes, while everything around it fails now and then.

`python -m bench.soak` uploads and reads in mixed order, loses, repeats and delays events, lets
functions die before and after their work, and AWS answer with errors before and after its own.
Every answer is held to what may be read at that moment (`readers`). In the end every upload must
have its receipt, and the table must be what a rebuild makes of the uploads.

Three processes on loopback: the embedded AWS, which keeps every object that it was ever given; the
newsroom, in the parts of `desk run`, so that its memory is its own; and this one, of editors,
readers and chance.
"""
