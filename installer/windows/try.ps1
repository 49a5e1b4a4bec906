# Runs the self-test of a TumorDesk on Windows and shows what it says. Exit code 0: all is well.
#   powershell -File installer\windows\try.ps1 "C:\Program Files\TumorDesk\tumordesk.exe"
# The program has a window, so Windows does not wait for it by itself and gives it no console.
param([Parameter(Mandatory)] [string] $Program)
$ErrorActionPreference = "Stop"
$words = (New-TemporaryFile).FullName
$complaints = (New-TemporaryFile).FullName
$test = Start-Process -FilePath (Resolve-Path $Program).Path -ArgumentList "selftest", "--json" `
    -Wait -PassThru -NoNewWindow -RedirectStandardOutput $words -RedirectStandardError $complaints
Get-Content $words, $complaints -Encoding utf8
exit $test.ExitCode
