"""Every limit on what comes from outside, with its unit and its reason."""

MAX_FILE_BYTES = 5_000_000  # an article of five megabytes is a mistake or an attack
MAX_TEXT_BYTES = 256 * 1024  # extracted text, UTF-8: with its markup it must fit a stored row
MAX_ROW_BYTES = (
    390_000  # a DynamoDB item holds 400 KB (409,600 bytes), names of attributes included
)
MAX_KEY_BYTES = 1_000  # S3 allows 1,024; a receipt's key adds its extension
MAX_FRONT_MATTER_BYTES = 64 * 1024  # metadata is a screen of text; parsing it grows with its size
MAX_NESTING = 100  # deeper structures are attacks on recursive code
MAX_NODES = 10_000  # values in one file's metadata, aliases expanded
MAX_MAIL_PARTS = 100  # groups of parts in one mail; each is a recursion of the parser
MAX_MAIL_HEADER_BYTES = 8_000  # of one header; parsers are quadratic in them
MAX_ZIP_MEMBERS = 1_000  # files in one .docx; a long report with pictures has some hundreds
MAX_UNPACKED_BYTES = 20_000_000  # of the parts of a .docx that are read, together
MAX_XML_TAGS = 100_000  # of one document; a long agency story has some hundreds
MAX_WORD_TAGS = 300_000  # of one part of a .docx, which has some ten for every few words
MAX_HEADLINE_LENGTH = 300  # characters; the longest real headlines have some 200
MAX_STANDFIRST_LENGTH = 1_000  # characters
MAX_TAGS = 20  # each is a row of the article's transaction, which holds 100
MAX_BYLINES = 20  # names
MAX_CORRECTIONS = 50  # a text corrected more often is withdrawn
MAX_EXTRA_BYTES = 16 * 1024  # unknown metadata kept with the article, as JSON
MAX_IMAGE_BYTES = 15_000_000  # a camera's JPEG
MAX_IMAGE_PIXELS = 50_000_000  # decoded, some 150 MB: a small file can hold many more
MAX_IMAGE_WIDTH = 1_600  # pixels served: twice a phone's, the full measure of a desktop
AVATAR_WIDTH = 96  # pixels served for an avatar of 40 CSS pixels on a dense screen
