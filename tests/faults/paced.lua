-- wrk script of load at a pace of its own, and of load whose answers are told apart. Environment:
--   REQUEST  "METHOD PATH"
--   LINES    a file of which each request takes the next line: as bearer token of a GET, as JSON body of a POST
--   PAUSE    milliseconds that a connection rests before each request; 0: none
--   NAMES    not empty: each body has # replaced by a number that no other request has
-- Prints one line of JSON behind "@@", with how many answers there were of each status. One thread (-t1).
local method, path = os.getenv("REQUEST"):match("^(%S+) (%S+)$")
local pause, names = tonumber(os.getenv("PAUSE") or "0"), os.getenv("NAMES")
local lines, at, sent = {}, 0, 0
local thread
statuses = {}

function setup(it)
  thread = it
end

function init()
  for line in io.lines(os.getenv("LINES")) do
    lines[#lines + 1] = line
  end
  math.randomseed(os.time())
end

if pause > 0 then
  -- Spread, so that connections which began together do not stay so.
  function delay()
    return math.floor(pause * (0.5 + math.random()))
  end
end

function request()
  at = at % #lines + 1
  local line = lines[at]
  if method == "GET" then
    return wrk.format(method, path, { Authorization = "Bearer " .. line })
  end
  if names then
    sent = sent + 1
    line = line:gsub("#", tostring(sent))
  end
  return wrk.format(method, path, { ["Content-Type"] = "application/json" }, line)
end

function response(status)
  statuses[status] = (statuses[status] or 0) + 1
end

function done(summary, latency)
  local e, told = summary.errors, {}
  for status, count in pairs(thread:get("statuses")) do
    told[#told + 1] = string.format('"%d":%d', status, count)
  end
  io.write(string.format('@@{"requests":%d,"seconds":%.6f,"refused":%d,"broken":%d,"p50":%.3f,"p99":%.3f,"statuses":{%s}}\n',
    summary.requests, summary.duration / 1e6, e.status, e.connect + e.read + e.write + e.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, table.concat(told, ",")))
end
