-- One request for each line of a file (parameter "file"), with the method given; with "again" from the start anew.
-- For one thread. When every line was sent the run ends, so that the last answers, one a client, are not waited for.
-- "told" is how many were answered and the milliseconds that took.
ffi.cdef [[
int kill(int process, int signal);
int getpid(void);
]]
told = ""
local lines, position, answered, began = {}, 0, 0, 0

function begin()
    for line in io.lines(parameters.file) do lines[#lines + 1] = line end
end

function request()
    if began == 0 then began = now_ms() end
    position = position + 1
    if position > #lines then
        if parameters.again then
            position = 1
        else
            wrk.thread:stop()
            ffi.C.kill(ffi.C.getpid(), 2) -- wakes wrk, which would sleep to the end of its time
            position = #lines
        end
    end
    return wrk.format(wrk.method, lines[position])
end

function response(status, headers, body)
    answered = answered + 1
    told = string.format("%d,%.3f", answered, now_ms() - began)
end
