-- wrk script of refreshing with rotation: each answer's refresh token is sent by a later request. Environment:
--   REQUEST  "POST PATH"
--   LINES    a file of bodies, {"refresh":"…"}: the tokens to begin with, more of them than connections
-- Prints one line of JSON behind "@@", as load.lua does.
local method, path = os.getenv("REQUEST"):match("^(%S+) (%S+)$")
local headers = { ["Content-Type"] = "application/json" }
local waiting, first, last = {}, 1, 0

local function add(body)
  last = last + 1
  waiting[last] = body
end

function init()
  for line in io.lines(os.getenv("LINES")) do
    add(line)
  end
end

function request()
  local body = waiting[first]
  if body then  -- else each connection waits for a token that was refused: told as a wrong status
    waiting[first] = nil
    first = first + 1
  end
  return wrk.format(method, path, headers, body or "{}")
end

function response(status, _, body)
  local token = status == 200 and body:match('"refresh":"([^"]+)"')
  if token then
    add('{"refresh":"' .. token .. '"}')
  end
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format('@@{"requests":%d,"seconds":%.6f,"refused":%d,"broken":%d,"p50":%.3f,"p99":%.3f}\n',
    summary.requests, summary.duration / 1e6, e.status, e.connect + e.read + e.write + e.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
