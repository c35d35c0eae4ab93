from bench.results import Results
def shown(results: Results) -> str: return ""
