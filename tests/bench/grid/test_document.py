"""Places: of values, of keys, and of what encloses the missing."""

from bench.grid.document import Document


def test_a_document_without_places_has_a_beginning():
    assert Document().position(("a", 1), key=True) == (1, 1)


def test_what_is_missing_stands_at_the_key_of_what_encloses_it():
    document = Document(places={(): ((1, 1), (1, 1)), ("a",): ((2, 1), (2, 4))})
    assert document.position(("a",)) == (2, 4)
    assert document.position(("a",), key=True) == (2, 1)
    assert document.position(("a", "b")) == (2, 1)
    assert document.position(("b",)) == (1, 1)
