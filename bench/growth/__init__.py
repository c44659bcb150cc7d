"""Whether anything grows with the archive: the same questions of newsrooms of several sizes.

A newsroom of each size stands in a table of its own (`newsrooms`), in one DynamoDB Local:
articles of the sample newsroom told over and over as of other events, 400 a day back from now, in
stories as placing would have made them. Then readers and editors do the same in each (`uses`), in
turn, so that what else this machine does slows all of them alike.
"""
