#compdef segcli
# Completion of segcli for zsh: eval "$(segcli completion zsh)", or this as a file _segcli in a folder of fpath
_segcli() {
    local -a lines values texts open
    local line value
    lines=("${(@f)$(_SEGCLI_COMPLETE=zsh "${words[1]}" "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
    for line in "${(@)lines}"; do
        value="${line%%$'\t'*}"
        if [[ -z $value ]]; then
            continue
        elif [[ $value == *= ]]; then
            open+=("$value")
        else
            values+=("$value")
            texts+=("${line/$'\t'/  -- }")
        fi
    done
    if (( $#values + $#open == 0 )); then
        _files
        return
    fi
    (( $#open )) && compadd -S '' -a open
    (( $#values )) && compadd -l -d texts -a values
}
if [[ ${funcstack[1]} == _segcli ]]; then
    _segcli "$@"
else
    compdef _segcli segcli
fi
