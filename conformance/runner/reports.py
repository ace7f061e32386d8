# SPDX-License-Identifier: Apache-2.0
"""The results as JSON, JUnit and HTML."""
import html
import json
import re
from xml.etree import ElementTree

OUTCOMES = ("passed", "failed", "known", "unexpected-pass")


def counts(results):
    return {outcome: sum(r.outcome == outcome for r in results) for outcome in OUTCOMES}


def bad(result):
    return result.outcome in ("failed", "unexpected-pass")


def write_json(path, about, results):
    report = {
        "report": 1, "adapter": about, "counts": counts(results),
        "cases": [{"id": r.id, "outcome": r.outcome, "unsupported": r.unsupported, "answers": r.answers,
                   "problems": r.problems, "reason": r.reason, "seconds": round(r.seconds, 3)} for r in results],
    }
    with open(path, "w", encoding="utf-8") as file:
        json.dump(report, file, indent=2)
        file.write("\n")


def write_junit(path, about, results):
    found = counts(results)
    suite = ElementTree.Element("testsuite", name=f"treering conformance: {about['name']}", tests=str(len(results)),
                                failures=str(found["failed"] + found["unexpected-pass"]), errors="0",
                                skipped=str(found["known"]), time=f"{sum(r.seconds for r in results):.3f}")
    for r in results:
        group, _, name = r.id.rpartition("/")
        case = ElementTree.SubElement(suite, "testcase", classname=group or r.id, name=name, time=f"{r.seconds:.3f}")
        if bad(r):
            failure = ElementTree.SubElement(case, "failure", message=_xml(r.problems[0]))
            failure.text = _xml("\n".join(r.problems + r.details))
        elif r.outcome == "known":
            ElementTree.SubElement(case, "skipped", message=_xml(f"known failure: {r.reason}"))
    ElementTree.indent(suite)
    ElementTree.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)


def _xml(text):
    """Without the characters that XML does not have."""
    return re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)


_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid #ddd; }
pre { overflow-x: auto; background: #f6f6f6; padding: .6rem; margin: .3rem 0; font-size: 13px; }
.passed { color: #176f2c; } .failed, .unexpected-pass { color: #b3261e; } .known { color: #8a5a00; }
@media (prefers-color-scheme: dark) { body { background: #16181b; color: #e6e6e6; } pre { background: #22252a; }
  th, td { border-color: #3a3d42; } .passed { color: #7fd18f; } .failed, .unexpected-pass { color: #ff9d95; }
  .known { color: #f0c674; } }
"""


def write_html(path, about, results):
    e, found = html.escape, counts(results)
    rows = []
    for r in sorted(results, key=lambda r: not bad(r)):
        answers = ", ".join(f"{a['command']}: {a.get('class') or a['verdict']}"
                            + (f" ({a['rule']})" if a.get("rule") else "") for a in r.answers)
        more = ""
        if r.problems:
            more = f"<pre>{e(chr(10).join(r.problems + r.details))}</pre>"
        if r.reason:
            more = f"{e(r.reason)}{more}"
        rows.append(f'<tr><td>{e(r.id)}</td><td class="{r.outcome}">{r.outcome}</td><td>{e(answers)}{more}</td></tr>')
    title = f"Treering conformance: {about['name']} {about['version']}"
    summary = ", ".join(f"{number} {outcome}" for outcome, number in found.items())
    text = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{e(title)}</title><style>{_STYLE}</style></head><body>
<h1>{e(title)}</h1>
<p>{e(summary)}. Language: {e(about['language'])}. Commands: {e(', '.join(map(str, about['commands'])))}.
Features: {e(', '.join(map(str, about['features'])) or 'none')}.</p>
<table><thead><tr><th>case</th><th>outcome</th><th>answers</th></tr></thead><tbody>
{chr(10).join(rows)}
</tbody></table></body></html>
"""
    with open(path, "w", encoding="utf-8", errors="replace") as file:
        file.write(text)
