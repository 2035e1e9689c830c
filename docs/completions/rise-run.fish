# Completion of rise-run for fish. The words come from rise-run itself.
function __rise_run_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in (rise-run complete -- $words[2..-1] 2>/dev/null)
        switch $line
            case :nospace
            case :folders
                __fish_complete_directories (commandline -ct)
            case :files
                __fish_complete_path (commandline -ct)
            case ':files *'
                __fish_complete_suffix (string replace ':files ' '' -- $line)
            case '*'
                echo $line
        end
    end
end
complete -c rise-run -f -a '(__rise_run_complete)'
