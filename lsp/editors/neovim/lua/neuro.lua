-- The language server of neuro in Neovim, from 0.7 on.
--
--   vim.opt.runtimepath:append("/path/to/neuro/lsp/editors/neovim")
--   require("neuro").setup()

local neuro = {}

local LIBRARY = "neuro-library://"

-- The folder with neuro.toml or .git above a file, else the file's own.
local function root_of(path)
  local folder = vim.fn.fnamemodify(path, ":p:h")
  local upward = vim.fn.escape(folder, " ,;") .. ";"
  local config = vim.fn.findfile("neuro.toml", upward)
  if config ~= "" then
    return vim.fn.fnamemodify(config, ":p:h")
  end
  local git = vim.fn.finddir(".git", upward)
  if git ~= "" then
    return vim.fn.fnamemodify(git, ":p:h:h")
  end
  return folder
end

local function running_clients()
  local all = (vim.lsp.get_clients or vim.lsp.get_active_clients)()
  return vim.tbl_filter(function(client) return client.name == "neuro" end, all)
end

-- vim.lsp.start came with 0.8.
local function start(config, buffer)
  if vim.lsp.start then
    return vim.lsp.start(config, { bufnr = buffer })
  end
  for _, client in ipairs(running_clients()) do
    if client.config.root_dir == config.root_dir then
      vim.lsp.buf_attach_client(buffer, client.id)
      return client.id
    end
  end
  local id = vim.lsp.start_client(config)
  if id then
    vim.lsp.buf_attach_client(buffer, id)
  end
  return id
end

-- Fills a buffer with a module of the library, which is not on the disk: the server has it.
local function read_library(buffer, uri)
  local client = running_clients()[1]
  local answer
  if client then
    local parameters = { uri = uri }
    local method = "workspace/textDocumentContent"
    -- Methods are called with `:` from 0.11 on.
    if vim.fn.has("nvim-0.11") == 1 then
      answer = client:request_sync(method, parameters, 5000, buffer)
    else
      answer = client.request_sync(method, parameters, 5000, buffer)
    end
  end
  local text = answer and answer.result and answer.result.text or "// the language server does not run\n"
  local lines = vim.split(text, "\n", { plain = true })
  if lines[#lines] == "" then
    table.remove(lines)
  end
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, lines)
  for option, value in pairs({ buftype = "nofile", swapfile = false, modified = false, modifiable = false, readonly = true }) do
    vim.api.nvim_buf_set_option(buffer, option, value)
  end
  vim.api.nvim_buf_set_option(buffer, "filetype", "neuro")
end

-- options.cmd: how to start the server, { "neuro", "lsp" } unless said; any other field goes to vim.lsp.start
-- (on_attach, capabilities, handlers, …).
function neuro.setup(options)
  options = options or {}
  local group = vim.api.nvim_create_augroup("neuro", { clear = true })
  vim.api.nvim_create_autocmd({ "BufRead", "BufNewFile" }, {
    group = group,
    pattern = "*.neuro",
    command = "setfiletype neuro",
  })
  vim.api.nvim_create_autocmd("BufReadCmd", {
    group = group,
    pattern = LIBRARY .. "*",
    callback = function(event) read_library(event.buf, event.match) end,
  })
  vim.api.nvim_create_autocmd("FileType", {
    group = group,
    pattern = "neuro",
    callback = function(event)
      local buffer = event.buf or vim.api.nvim_get_current_buf()
      local path = vim.api.nvim_buf_get_name(buffer)
      if vim.startswith(path, LIBRARY) then
        for _, client in ipairs(running_clients()) do
          vim.lsp.buf_attach_client(buffer, client.id)
        end
        return
      end
      local config = vim.tbl_extend("force", {
        name = "neuro",
        cmd = { "neuro", "lsp" },
        root_dir = root_of(path),
      }, options)
      start(config, buffer)
    end,
  })
end

return neuro
