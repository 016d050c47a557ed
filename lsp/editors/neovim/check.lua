-- Waits until the language server has said what is wrong with the file of the first buffer, prints it, one line each, and ends:
-- with status 0 if there was something, else 1. Run by check.sh.

local PATIENCE = 30000
-- A server that has not started by then, or has ended, will say nothing.
local START = 3000

local file = vim.fn.argv(0)
require("neuro").setup({ cmd = { vim.env.NEURO, "lsp" } })
vim.cmd("edit " .. vim.fn.fnameescape(file))

local buffer = vim.api.nvim_get_current_buf()
local function has_server() return #vim.lsp.buf_get_clients(buffer) > 0 end
local function has_diagnostics() return #vim.diagnostic.get(buffer) > 0 end
vim.wait(START, has_server, 20)
vim.wait(PATIENCE, function() return has_diagnostics() or not has_server() end, 20)

local found = vim.diagnostic.get(buffer)
table.sort(found, function(a, b)
  if a.lnum ~= b.lnum then
    return a.lnum < b.lnum
  end
  return a.col < b.col
end)
for _, diagnostic in ipairs(found) do
  -- Neovim 0.7 keeps the code with the message of the server.
  local said = diagnostic.user_data and diagnostic.user_data.lsp or {}
  local code = diagnostic.code or said.code or "?"
  local message = vim.split(diagnostic.message, "\n", { plain = true })[1]
  io.stdout:write(string.format("%s:%d: [%s] %s\n", file, diagnostic.lnum + 1, code, message))
end
if #found == 0 then
  local reason = has_server() and string.format("none within %d s", PATIENCE / 1000) or "the server does not run"
  io.stderr:write(string.format("no diagnostics for %s: %s\n", file, reason))
  vim.cmd("cquit 1")
end
vim.cmd("qall!")
