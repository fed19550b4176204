-- wrk script of every case. Environment:
--   REQUEST  "METHOD PATH"
--   LINES    a file of which each request takes the next line: as bearer token of a GET, as JSON body of a POST
-- Prints one line of JSON behind "@@".
local method, path = os.getenv("REQUEST"):match("^(%S+) (%S+)$")
local lines, built, at = {}, {}, 0

function init()
  for line in io.lines(os.getenv("LINES")) do
    lines[#lines + 1] = line
  end
end

local function build(line)
  if method == "GET" then
    return wrk.format(method, path, { Authorization = "Bearer " .. line })
  end
  return wrk.format(method, path, { ["Content-Type"] = "application/json" }, line)
end

function request()
  at = at % #lines + 1
  built[at] = built[at] or build(lines[at])
  return built[at]
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format('@@{"requests":%d,"seconds":%.6f,"refused":%d,"broken":%d,"p50":%.3f,"p99":%.3f}\n',
    summary.requests, summary.duration / 1e6, e.status, e.connect + e.read + e.write + e.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
