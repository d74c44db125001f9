# Completion of segcli for fish: segcli completion fish | source
function __segcli_complete
    set -l words (commandline -opc)
    set -l program $words[1]
    set -e words[1]
    set -l current (commandline -ct)
    set -l found (env _SEGCLI_COMPLETE=fish $program $words "$current" 2>/dev/null)
    if test (count $found) -gt 0
        string join \n -- $found
    else
        __fish_complete_path "$current"
    end
end
complete --command segcli --no-files --arguments '(__segcli_complete)'
