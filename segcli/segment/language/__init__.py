"""The language of rules: what a customer must be to belong to a segment, such as `orders >= 3 and country != "DE"`.

Text -> tree (parse), tree -> text (written), tree + kinds of columns -> problems (check), tree + customers -> who it
holds for (evaluate). Nothing is ever run as code.
"""
