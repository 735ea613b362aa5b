"""Every twin, its owner and its users; what they are asked about and what they draft."""

from ui.page_results import page_results

page_results("twins")
