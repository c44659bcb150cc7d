"""The limits on what comes from outside, with their units and reasons.

What stands elsewhere is a choice of one algorithm: it bounds what is shown, not what may come.
"""

MAX_FILE_BYTES = 5_000_000  # an article of five megabytes is a mistake or an attack
MAX_TEXT_BYTES = 256 * 1024  # extracted text, UTF-8: with its markup it must fit a stored row
MAX_ROW_BYTES = (
    390_000  # a DynamoDB item holds 400 KB (409,600 bytes), names of attributes included
)
MAX_BRIEF_BYTES = (
    8_000  # compressed, in each list's row; a usual one has 540, the largest of 97 870
)
MAX_KEY_BYTES = 1_000  # S3 allows 1,024; a receipt's key adds its extension
MAX_FRONT_MATTER_BYTES = 64 * 1024  # metadata is a screen of text; parsing it grows with its size
MAX_DOTS = 20  # in one key of TOML, whose reader is quadratic in them
MAX_MARKDOWN_LENGTH = 500_000  # characters beside images: twice a text, for addresses and marks
MAX_BRACKETED = 20_000_000  # characters between brackets, as often as they are nested: seconds
MAX_ESCAPED = 100_000  # ampersands and fixed spaces of one text; a long page has some hundreds
MAX_NESTING = 100  # deeper structures are attacks on recursive code
MAX_ELEMENTS = 30_000  # of markup; the largest of 170 saved pages has 2,564
MAX_HTML_LENGTH = 1_000_000  # characters of published markup; Lambda answers with 6 MB at most
MAX_NODES = 10_000  # values in one file's metadata, aliases expanded
MAX_MAIL_GROUPS = 100  # of parts in one mail; each is a recursion of the parser
MAX_MAIL_PARTS = 1_000  # in all groups; a newsletter with pictures has some dozens
MAX_MAIL_HEADER_BYTES = 8_000  # of one header; parsers are quadratic in them
MAX_ZIP_MEMBERS = 1_000  # files in one .docx; a long report with pictures has some hundreds
MAX_UNPACKED_BYTES = 20_000_000  # of the parts of a .docx that are read, together
MAX_XML_TAGS = 100_000  # of one document; a long agency story has some hundreds
MAX_STYLES = 60  # of Word, each based on the next; Word itself allows eleven
MAX_WORD_TAGS = 300_000  # of one part of a .docx, which has some ten for every few words
MAX_HEADLINE_LENGTH = 300  # characters; the longest real headlines have some 200
MAX_STANDFIRST_LENGTH = 1_000  # characters
# An article's transaction holds 100 writes, and an update may take away all that it had and bring
# as much again: lists (5 + tags), changes (2), copies (source, lead, pictures; of the draft too),
# and where it is replaced; its state, its text and its draft keep their rows.
MAX_TAGS = 12  # each is a list with a row of the article: see above
MAX_PICTURES = 12  # images of the site's own in one text
MAX_BYLINES = 20  # names of authors; a page shows them in one line
MAX_LINE_LENGTH = 300  # characters of a name, a description, a credit
MAX_LANGUAGE_LENGTH = 35  # of a tag; BCP 47 (section 4.4.1) has room for no longer one
MAX_NOTE_LENGTH = 2_000  # characters of a correction or a status's reason
MAX_CAPTION_LENGTH = 600  # characters under an image; agencies send whole paragraphs
MAX_ASSOCIATED = 3  # levels of ninjs items associated with items
MAX_BREACHES = 20  # of ninjs told of one item; a broken exporter repeats itself
MAX_LINKED = 20  # articles that same_story or not_same_story may name
MAX_FINDINGS = 50  # errors, warnings and dropped parts told in one receipt, each
MAX_FINDING_LENGTH = 1_000  # characters of its message, which may quote the file
MAX_RECEIPT_BYTES = 100_000  # compressed; its summary is left out where a sentence is a book
MAX_CORRECTIONS = 50  # a text corrected more often is withdrawn
MAX_EXTRA_BYTES = 16 * 1024  # unknown metadata kept with the article, as JSON
MAX_IMAGE_BYTES = 15_000_000  # a camera's JPEG
MAX_IMAGE_PIXELS = 50_000_000  # decoded, some 150 MB: a small file can hold many more
MAX_IMAGE_SIDE = 50_000  # pixels; scaling one of millions to what is served takes gigabytes
MAX_IMAGE_WIDTH = 1_600  # pixels served: twice a phone's, the full measure of a desktop
MAX_IMAGE_HEIGHT = 3_200  # pixels served: two screens; as noise 3.8 MB, and Lambda answers with 4.4
NARROW_WIDTH = 640  # pixels served to phones, and beside text
MAX_SVG_BYTES = 1_000_000  # a logo has some thousand
MAX_SVG_WORK = 250_000_000  # elements times pixels, each as often as it is drawn: half a minute
SHARED_WIDTH = 1_200  # pixels of a preview of a link; what Facebook and LinkedIn ask for
MAX_FEED_BYTES = 2_000_000  # of another publisher's feed, unpacked; the longest have some 500 KB
MAX_SECTIONS = 8  # chosen in one address; a list of them is a Query of each
MAX_TAG_LENGTH = 4_000  # characters of one tag of HTML, with the widths of a picture
MAX_TAG_ATTRIBUTES = 100  # of one tag; parsers are quadratic in them
MAX_METAS = 2_000  # meta elements of one page; saved pages have some dozens
MAX_JSON_LD_LENGTH = 2_000_000  # characters; an articleBody may be in it
MAX_JSON_LD_DEPTH = 8  # of objects within objects in which an article is looked for
MAX_JSON_LD_OBJECTS = 2_000  # values of one page among which it is looked for
MAX_FEED_ITEMS = 2_000  # of a feed, in its order; the longest in use have some hundreds
MAX_FEED_MARKUP = 20_000  # characters of one description that are looked at
MAX_FEED_TAGS = 50_000  # of a feed; its parser takes seconds for more
MAX_FEED_ATTRIBUTES = 2_000  # of one tag, which cost its parser more than their size
MAX_FEED_NAMESPACES = 100  # of a feed, which cost its parser more than their size
MAX_FEEDS = 20  # addresses a source
MAX_SUBSCRIPTIONS = 400  # feeds of the list: with the longest names and addresses, one row
MAX_SUBSCRIBED_NAME_LENGTH = 100  # characters of a source's name in the list
MAX_SUBSCRIBED_ADDRESS_LENGTH = 300  # characters of a feed's in the list
MAX_REDIRECTS = 5  # followed to one feed; more are a circle, or a chain of trackers
MAX_HOST_ADDRESSES = 4  # of one host that are tried; each may take seconds to fail
MAX_VALIDATOR_LENGTH = 1_000  # characters of a feed's ETag that are kept and sent back
MAX_ADDRESS_LENGTH = 2_000  # characters; longer ones break in mails and browsers
MAX_REASON_LENGTH = 500  # characters of a takedown's: it is shown to readers in one paragraph
MAX_SLUG_LENGTH = 80  # characters; longer addresses are cut by mail programs and chat windows
