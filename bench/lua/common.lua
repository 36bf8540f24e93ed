-- What every script of the load generator has: its parameters (NAME=VALUE after "--"), a clock, and one line of JSON.
ffi = require("ffi")
ffi.cdef [[
typedef struct { long tv_sec; long tv_nsec; } bench_timespec;
int clock_gettime(int clock, bench_timespec *time);
]]

parameters = {}
threads = {}
bad = 0
first_bad = ""

local time = ffi.new("bench_timespec")

function now_ms()
    ffi.C.clock_gettime(1, time)
    return tonumber(time.tv_sec) * 1000 + tonumber(time.tv_nsec) / 1e6
end

function read_parameters(words)
    for _, word in ipairs(words) do
        local name, value = word:match("^([^=]+)=(.*)$")
        if name then parameters[name] = value end
    end
    if parameters.token then wrk.headers["X-Auth-Token"] = parameters.token end
    if parameters.body then wrk.body = parameters.body end
    if parameters.method then wrk.method = parameters.method end
    if parameters.body then wrk.headers["Content-Type"] = "application/json" end
end

-- The requests of a file, one a line: a token, a tab, a body.
function read_requests(path)
    local found = {}
    for line in io.lines(path) do
        local token, body = line:match("^([^\t]*)\t(.*)$")
        found[#found + 1] = {token = token, body = body}
    end
    return found
end

function setup(thread)
    table.insert(threads, thread)
    thread:set("number", #threads)
end

function init(words)
    read_parameters(words)
    if begin then begin() end
end

-- A status of 400 and more is counted by wrk itself; what is wrong for another reason is counted here.
function note_bad(status, body)
    if status < 400 then bad = bad + 1 end
    if first_bad == "" then first_bad = status .. " " .. (body or ""):sub(1, 200):gsub('[%c"\\]', " ") end
end

function done(summary, latency, requests)
    local extra, wrong, what = {}, 0, ""
    for _, thread in ipairs(threads) do
        local told = thread:get("told")
        if told and told ~= "" then table.insert(extra, told) end
        wrong = wrong + (thread:get("bad") or 0)
        if what == "" then what = thread:get("first_bad") or "" end
    end
    local errors = summary.errors
    io.write(string.format(
        'BENCH {"requests":%d,"seconds":%.6f,"bytes":%d,"wrong":%d,"broken":%d,"first_wrong":"%s",' ..
        '"p50_ms":%.4f,"p90_ms":%.4f,"p99_ms":%.4f,"most_ms":%.4f,"mean_ms":%.4f,"told":"%s"}\n',
        summary.requests, summary.duration / 1e6, summary.bytes, errors.status + wrong,
        errors.connect + errors.read + errors.write + errors.timeout, what,
        latency:percentile(50) / 1000, latency:percentile(90) / 1000, latency:percentile(99) / 1000,
        latency.max / 1000, latency.mean / 1000, table.concat(extra, ",")))
end
