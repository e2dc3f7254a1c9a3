"""The text of docx, xlsx and pptx."""

import datetime

import docx
import openpyxl
import pptx
import pytest
from docx.oxml import parse_xml
from pptx.util import Inches

from conversations.media import Kind, Refusal
from conversations.media.tables import markdown_table
from tests.media.samples import edited, saved, zipped

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def letter():
    document = docx.Document()
    document.add_heading("The title", 0)
    document.add_heading("First chapter", 1)
    document.add_paragraph("Some words.")
    document.add_paragraph("apples", style="List Bullet")
    document.add_paragraph("pears", style="List Bullet")
    table = document.add_table(2, 2)
    for index, text in enumerate(["Name", "Size", "a|b", "two\nlines"]):
        table.cell(index // 2, index % 2).text = text
    document.add_heading("Second chapter", 2)
    document.add_paragraph("The end.")
    return document


def test_a_docx_is_read_in_order(inspect, text_of):
    content = saved(letter())
    assert text_of(content) == (
        "# The title\n\n# First chapter\n\nSome words.\n\n- apples\n- pears\n\n"
        "| Name | Size |\n| --- | --- |\n| a\\|b | two lines |\n\n## Second chapter\n\nThe end.\n"
    )
    found = inspect(content, "a.zip")
    assert (found.kind, found.extension, found.pages, found.is_cut) == (Kind.DOCUMENT, "docx", None, False)
    assert found.media_type == "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    assert (found.sendable, found.thumbnail) == (None, None)


def test_what_a_reader_of_a_docx_sees_is_there_once(text_of):
    document = docx.Document()
    for inner in (
        "<w:ins><w:r><w:t>inserted</w:t></w:r></w:ins><w:del><w:r><w:delText>deleted</w:delText></w:r></w:del>",
        "<w:hyperlink><w:r><w:t>linked</w:t></w:r></w:hyperlink><w:r><w:tab/><w:t>tabbed</w:t></w:r>",
        "<w:sdt><w:sdtContent><w:r><w:t>chosen</w:t></w:r></w:sdtContent></w:sdt>",
    ):
        document.element.body.insert(0, parse_xml(f'<w:p xmlns:w="{WORD}">{inner}</w:p>'))
    control = (
        f'<w:sdt xmlns:w="{WORD}"><w:sdtContent><w:p><w:r><w:t>form</w:t></w:r></w:p></w:sdtContent></w:sdt>'
    )
    document.element.body.insert(0, parse_xml(control))
    assert text_of(saved(document)) == "form\n\nchosen\n\nlinked\ttabbed\n\ninserted\n"


def test_an_xlsx_is_read_sheet_by_sheet(inspect, text_of):
    book = openpyxl.Workbook()
    first = book.active
    first.title = "Sales"
    first.append(["Month", "Sum", None, None])
    first.append(["May", 0.1 + 0.2, True])
    first.append([])
    first.append([])
    first.append([datetime.date(2024, 2, 29), 'say "hi", you', 12])
    first.append([None, None])
    book.create_sheet("Empty")
    content = saved(book)
    assert text_of(content) == (
        '[Sheet: Sales]\nMonth,Sum\nMay,0.3,TRUE\n\n2024-02-29,"say ""hi"", you",12\n\n[Sheet: Empty]\n\n'
    )
    found = inspect(content)
    assert (found.extension, found.pages, found.kind) == ("xlsx", 2, Kind.DOCUMENT)


def test_values_not_formulas(text_of):
    book = openpyxl.Workbook()
    book.active["A1"] = "=1+2"

    def calculated(name, content):
        return content.replace(b"<f>1+2</f><v></v>", b"<f>1+2</f><v>3</v>").replace(
            b"<f>1+2</f><v />", b"<f>1+2</f><v>3</v>"
        )

    assert text_of(edited(saved(book), calculated)) == "[Sheet: Sheet]\n3\n\n"


def test_cells_at_the_far_end_are_no_endless_work(inspect):
    book = openpyxl.Workbook()
    book.active["A1"] = "here"
    book.active["XFD1048576"] = "there"
    found = inspect(saved(book))
    assert found.words >= 2


def test_a_wrong_size_of_a_sheet_hides_nothing(text_of):
    book = openpyxl.Workbook()
    for row in range(3):
        book.active.append([row, "x"])
    wrong = edited(saved(book), lambda name, content: content.replace(b'ref="A1:B3"', b'ref="A1"'))
    assert text_of(wrong).count("x") == 3


def test_a_pptx_is_read_slide_by_slide(inspect, text_of):
    show = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[1])
    slide.shapes.title.text = "Welcome"
    slide.placeholders[1].text = "first\nsecond"
    slide.notes_slide.notes_text_frame.text = "Smile."
    other = show.slides.add_slide(show.slide_layouts[6])
    table = other.shapes.add_table(2, 2, 0, 0, Inches(4), Inches(2)).table
    table.cell(0, 0).text = "head"
    group = other.shapes.add_group_shape()
    group.shapes.add_textbox(0, 0, Inches(1), Inches(1)).text_frame.text = "inside"
    content = saved(show)
    assert text_of(content) == (
        "[Slide 1]\nWelcome\nfirst\nsecond\nNotes: Smile.\n\n"
        "[Slide 2]\n| head |  |\n| --- | --- |\n|  |  |\ninside\n\n"
    )
    found = inspect(content)
    assert (found.extension, found.pages, found.words) == ("pptx", 2, 6)


def test_long_documents_are_cut(inspect, text_of):
    document = docx.Document()
    for number in range(200):
        document.add_paragraph(f"Line number {number}.")
    found = inspect(saved(document), text_characters=500)
    text = text_of(saved(document), text_characters=500)
    assert found.is_cut
    assert 450 < len(text) <= 500
    assert text.rstrip().endswith(".")


def test_too_many_slides_or_sheets_are_refused(refusal_of):
    book, show = openpyxl.Workbook(), pptx.Presentation()
    for number in range(3):
        book.create_sheet(str(number))
        show.slides.add_slide(show.slide_layouts[6])
    assert refusal_of(saved(book), pages=3) == Refusal.TOO_MANY_PAGES
    assert refusal_of(saved(show), pages=2) == Refusal.TOO_MANY_PAGES


def test_macros_and_other_packages_are_not_taken(refusal_of):
    main = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    macros = edited(
        saved(letter()),
        lambda name, content: content.replace(
            main, b"application/vnd.ms-word.document.macroEnabled.main+xml"
        ),
    )
    assert refusal_of(macros, "a.docx") == Refusal.UNKNOWN_TYPE
    open_document = zipped(mimetype=b"application/vnd.oasis.opendocument.text")
    assert refusal_of(open_document) == Refusal.UNKNOWN_TYPE


def test_a_document_without_its_main_part_is_damaged(refusal_of):
    content = edited(saved(letter()), lambda name, content: None if name == "word/document.xml" else content)
    assert refusal_of(content) == Refusal.DAMAGED


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        ([], ""),
        ([[]], ""),
        ([["a"], ["b", "c"]], "| a |  |\n| --- | --- |\n| b | c |"),
    ],
)
def test_tables(rows, text):
    assert markdown_table(rows) == text
