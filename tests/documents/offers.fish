# Asks fish itself: offers.fish COMPLETION_FILE <LINES
source $argv[1]
while read -l line
    complete -C "clear-app-cache $line" | string split -f 1 \t | string replace -r '=$' '' | string join ' '
end
