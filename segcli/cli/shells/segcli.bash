# Completion of segcli for bash 4.4 or newer: eval "$(segcli completion bash)"
_segcli_completion() {
    mapfile -t COMPREPLY < <(_SEGCLI_COMPLETE=bash "$1" "${COMP_LINE:0:COMP_POINT}" "$2" 2>/dev/null)
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]]; then
        compopt -o nospace
    fi
}
complete -o default -F _segcli_completion segcli
