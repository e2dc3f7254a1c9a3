import conversations.protocol as protocol


def test_public_names_are_listed_and_exist():
    assert protocol.__all__ == sorted(
        protocol.__all__, key=lambda name: (not name.isupper(), not name[0].isupper(), name)
    )
    modules = {name for name, value in vars(protocol).items() if type(value).__name__ == "module"}
    public = {name for name in vars(protocol) if not name.startswith("_")} - modules
    assert public == set(protocol.__all__)
