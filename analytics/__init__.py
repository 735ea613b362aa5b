"""Everything that knows numbers. Never imports Streamlit."""
