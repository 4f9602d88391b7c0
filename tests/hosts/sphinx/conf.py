project = "Notes"
html_theme = "alabaster"
