"""The view on which a scheme is edited: nodes, links, and the dialog of a link."""
