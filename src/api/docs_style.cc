#include "api/docs_page.h"

namespace api {

std::string_view docs_style() {
  return R"css(:root {
  color-scheme: light dark;
  --line: #8885;
  --quiet: #8881;
}
body {
  margin: 0 auto;
  max-width: 60rem;
  padding: 1rem 1.5rem 4rem;
  font: 1rem/1.5 system-ui, sans-serif;
}
h2 { margin-top: 3rem; border-bottom: 1px solid var(--line); }
h3 { margin: 2rem 0 .3rem; }
h4 { margin: 1rem 0 .2rem; }
p { margin: .3rem 0; }
code, pre { font: .9em/1.5 ui-monospace, monospace; }
pre {
  overflow-x: auto;
  margin: .8rem 0;
  padding: .5rem .8rem;
  background: var(--quiet);
  border: 1px solid var(--line);
  border-radius: 4px;
  user-select: all;
}
table { border-collapse: collapse; width: 100%; }
th, td {
  padding: .2rem .8rem .2rem 0;
  border-bottom: 1px solid var(--line);
  text-align: left;
  vertical-align: top;
}
th { font-weight: 600; white-space: nowrap; }
nav ul { columns: 18rem; padding: 0; list-style: none; }
.method { display: inline-block; min-width: 4.5rem; font-weight: 700; }
:target { background: var(--quiet); }
)css";
}

}  // namespace api
