"""The rule language: conditions that define a segment, such as `orders >= 3 and country != "DE"`.

parser: text -> tree of nodes. formatter: tree -> text. checker: tree and kinds of columns -> problems. evaluator: tree
and customers -> mask of the matching customers. No rule is ever executed as code.
"""
