# Completion of rise-run for bash. The words come from rise-run itself.
_rise_run() {
    local word=${COMP_WORDS[COMP_CWORD]} offer path suffix
    [ "$word" != = ] || word=
    COMPREPLY=()
    while IFS=$'\t' read -r offer _; do
        case $offer in
            :nospace) compopt -o nospace ;;
            :folders | :files*)
                compopt -o filenames
                suffix=${offer#:files}
                while IFS= read -r path; do
                    if [ -d "$path" ] || [[ $offer == :files* && $path == *"${suffix# }" ]]; then
                        COMPREPLY+=("$path")
                    fi
                done < <(compgen -f -- "$word")
                ;;
            *) COMPREPLY+=("$offer") ;;
        esac
    done < <(rise-run complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _rise_run rise-run
